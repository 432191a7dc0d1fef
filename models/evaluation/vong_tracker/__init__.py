"""Scores the agent's tracker on MOTChallenge sequences: CLEAR-MOT and identities, by py-motmetrics.

What does not belong here: tracking, and the figures' definitions.
"""
