"""The scheduling engine: opening hours, busy spans and rules in, offered slots out. Pure."""
