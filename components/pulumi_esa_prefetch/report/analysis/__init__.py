"""What reports say, as values: predicted actions, forecasts of the load, limits that are not kept, progress."""
