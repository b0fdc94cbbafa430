"""A Modbus server of our own, thin enough to misbehave exactly."""
