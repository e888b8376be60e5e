package admit

// CheckMarks finds what would have New fail at a file of marks, and changes
// nothing.
func CheckMarks(path string) error {
	_, err := loadMarks(path)
	return err
}
