package mapping

import "strings"

// The known names say which half of a name is in front where nothing else does.
var (
	givenNames  = wordSet("names", "given", Fold)
	eitherNames = wordSet("names", "either", Fold)
	surnames    = wordSet("names", "surname", Fold)
	nicknames   = wordSet("names", "nickname", Fold)
)

// nameKind says whether a word is known as a first name, a last name, or both.
type nameKind uint8

const (
	unknownName nameKind = iota
	givenName
	eitherName
	surname
)

// kindOfName looks a word up among the known names.
func kindOfName(word string) nameKind {
	switch key := Fold(word); {
	case givenNames()[key]:
		return givenName
	case surnames()[key]:
		return surname
	case eitherNames()[key]:
		return eitherName
	}
	return unknownName
}

// nameOrder is the order of two names as far as the known names tell.
type nameOrder uint8

const (
	orderUnknown nameOrder = iota
	orderFirstLast
	orderLastFirst
)

// nameOrderOf tells Lopez Maria from Maria Lopez.
func nameOrderOf(front, behind string) nameOrder {
	a, b := kindOfName(front), kindOfName(behind)
	switch {
	case a == surname, a == unknownName && b == givenName:
		return orderLastFirst
	case a == unknownName && b == surname, a == givenName && b != givenName, a == eitherName && (b == surname || b == unknownName):
		return orderFirstLast
	}
	return orderUnknown
}

// isAmbiguousOrder reports whether a name of two words has no comma, no capitals
// and no known name that says which half is in front.
func isAmbiguousOrder(name string) bool {
	words := strings.Fields(name)
	return len(words) == 2 && !strings.Contains(name, ",") && isCapitals(words[0]) == isCapitals(words[1]) && nameOrderOf(words[0], words[1]) != orderFirstLast
}
