"""The commands `plan ...`: what a person does with plans by hand."""
