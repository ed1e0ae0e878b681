"""Gradio Spaces, one folder each."""
