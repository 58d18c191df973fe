"""What people and programs are shown: pure functions of reports, captures and attempts."""
