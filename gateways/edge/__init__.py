"""The field side of a gateway: links to devices, what they mean, and the way to the broker."""
