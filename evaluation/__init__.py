"""How good a classifier is: loading any, its answers, and the measures that every report uses."""
