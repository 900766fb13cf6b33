"""What a run is worth: discounting, prices, appraisal, frontier and acceptability, value of information, welfare.

Pure functions over arrays and frames. They read no file: schedules, prices and unit costs come in as arguments.
"""
