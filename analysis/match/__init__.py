"""Which of a store's virtual patients a monitor's numbers fit, and what each arm would do in them."""
