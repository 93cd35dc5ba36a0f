"""Tests of the availability engine: tables, and properties against a brute-force oracle."""
