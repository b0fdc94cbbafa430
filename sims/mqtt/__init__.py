"""An MQTT 3.1.1 client of our own, fast enough to be thousands of devices."""
