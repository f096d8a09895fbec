package mapping

import "strings"

var placeholderNames = wordSet("placeholders", "placeholder", Fold)

// isPlaceholderName reports whether a first and a last name together are typed
// where a row has no person yet, as Vacant Position and Test User are. A number
// behind the name makes no difference.
func isPlaceholderName(first, last string) bool {
	if first == "" || last == "" {
		return false
	}
	return placeholderNames()[strings.TrimRight(Fold(first+" "+last), " 0123456789")]
}
