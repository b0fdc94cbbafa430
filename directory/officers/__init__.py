"""Those who work for the platform itself or for a station, appointed by the operators."""
