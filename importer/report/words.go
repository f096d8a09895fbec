package report

import "muster/importer/text"

// Advised returns a message and what to do about it as one line.
func Advised(message, fix string) string {
	if fix == "" {
		return message
	}
	return text.Sentence(message) + " Try: " + fix
}

func are(n int) string  { return text.Choose(n, "is", "are") }
func were(n int) string { return text.Choose(n, "was", "were") }
func have(n int) string { return text.Choose(n, "has", "have") }
