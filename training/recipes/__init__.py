"""Training recipes as YAML files, named on the command line by their file name without the suffix."""
