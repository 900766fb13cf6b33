"""What a run folder says, in words, tables and pictures: made from its tables alone."""
