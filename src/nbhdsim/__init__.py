"""Agent-based simulation of neighbourhood interventions in England."""
