"""What a person sees: the console's app, screens and widgets. The only package that knows textual and rich."""
