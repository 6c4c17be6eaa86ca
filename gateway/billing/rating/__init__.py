"""What is due: tariffs, regimes, quotes and forecasts. Pure."""
