"""What a patient sees of visits that are booked."""
