package mapping

import "strings"

var placeholderNames = wordSet("placeholders", "placeholder", Fold)

// isPlaceholderName reports whether a folded first and last name are typed where a row has no person yet, as Vacant Position and Test User are. A number
// behind the name makes no difference.
func isPlaceholderName(name string) bool {
	return placeholderNames()[strings.TrimRight(name, " 0123456789")]
}
