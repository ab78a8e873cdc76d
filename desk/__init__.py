"""What can be done: one function per thing a person or a process does. Actor first, one transaction each."""
