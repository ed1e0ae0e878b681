"""Data recipes, stages, trainers and callbacks."""
