"""Reading labelled texts."""
