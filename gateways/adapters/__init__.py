"""Instruments that speak MQTT in their own way: what they say, turned into observations. Pure.

Each adapter takes one message at a time and returns what follows from it; connections, clocks
and the spool are elsewhere.
"""
