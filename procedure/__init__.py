"""What is true: pure rules of the support procedure, standard library only."""
