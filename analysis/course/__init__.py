"""Days of support: heparin, complications, weaning, return, escalation and death of each virtual patient."""
