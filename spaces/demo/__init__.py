"""The demonstration Space: one text in, its label, glyphs and experts out."""
