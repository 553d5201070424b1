"""From what a callback says to HTML; knows neither models nor the web."""
