"""Diagnosis and timeline joined on one page of HTML that needs nothing else to be read."""
