package journal

// MessageID is what all entries of a kind have in MESSAGE_ID, for programs that
// look for them and for catalogs of explanations. It is empty for events that have
// none. The numbers never change.
func MessageID(event string) string {
	switch event {
	case "drop":
		return "8c602a6c9bd141abbc3bce92fc55233d"
	case "packet":
		return "7a718fe857534a3bacc0eb774eda4cf4"
	case "missed":
		return "2241ece78f6f4cd1b908dd95d62811d6"
	case "counter":
		return "5a4fe46783de4be1879d914f1e3f2ef2"
	case "start":
		return "fa92a04f1318418d971cbd151043ad1f"
	case "stop":
		return "29d17a47bfa142fead198b2ed1d51e8e"
	case "lost":
		return "32b61017cbd34d39980cae0b0eecbbb7"
	}
	return ""
}
