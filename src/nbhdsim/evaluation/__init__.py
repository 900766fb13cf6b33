"""What an evaluator would report: closed forms and small estimators of the usual designs. Pure functions over arrays."""
