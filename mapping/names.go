package mapping

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// order is which half of a full name without a comma comes first.
type order uint8

const (
	autoOrder        order = iota // first name first, unless capitals say otherwise
	firstLast                     // first name first, as a mapping file says
	lastFirst                     // last name first, as a mapping file says
	twoSurnames                   // as autoOrder; of three words, the last two are surnames
	headingLastFirst              // last name first, as the heading says; where the last name ends is a guess
)

// String returns the word for the order in mapping files.
func (o order) String() string {
	if o == headingLastFirst {
		o = lastFirst
	}
	return orders()[o]
}

// isSettled reports whether a mapping file says which half is in front. Then no split
// is a guess.
func (o order) isSettled() bool { return o == firstLast || o == lastFirst }

// orders are the names of the orders, by order.
func orders() []string { return []string{"auto", "first_last", "last_first", "two_surnames"} }

// splitName splits a clean full name. guessed reports whether another split is as
// likely. A half is "" if the name is a single word.
//
// A comma always puts the last name first, whatever the order says. Titles (Mr.,
// Dr.) are dropped, and no other word is lost; suffixes (Jr, III) stay with the last
// name.
func splitName(name string, o order) (first, last string, guessed bool) {
	parts, suffix, guessed := partsOf(name)
	switch len(parts) {
	case 0:
		return "", strings.Join(suffix, " "), false
	case 1:
		return splitPart(name, parts[0], suffix, o, guessed)
	}
	lastWords, firstWords := parts[0], parts[1]
	guessed = guessed || isSuffixPart(lastWords, false) // Neto, Ana
	for _, more := range parts[2:] {                    // Smith, John, Robert
		firstWords = slices.Concat(firstWords, more)
		guessed = true
	}
	firstWords, suffix = cutSuffix(firstWords, suffix, false) // Smith, John Jr.
	return strings.Join(firstWords, " "), strings.Join(slices.Concat(lastWords, suffix), " "), guessed
}

// partsOf returns the words between the commas of a name, without titles and
// without suffixes between commas. guessed reports whether such a suffix may be a
// name.
func partsOf(name string) (parts [][]string, suffix []string, guessed bool) {
	parts = make([][]string, 0, 3)
	for part := range strings.SplitSeq(name, ",") {
		if words := strings.Fields(part); len(words) > 0 {
			parts = append(parts, words)
		}
	}
	for len(parts) > 1 && isSuffixPart(parts[len(parts)-1], len(parts) > 2 || len(parts[0]) > 1) { // Smith, John, Jr.
		suffix = slices.Concat(parts[len(parts)-1], suffix)
		parts = parts[:len(parts)-1]
	}
	if len(parts) == 2 && len(parts[1]) > 1 && isSuffixPart(parts[0], false) { // Jr., Sam Davis
		suffix = slices.Concat(parts[0], suffix)
		parts = parts[1:]
		guessed = true
	}
	guessed = guessed || slices.ContainsFunc(suffix, isDegree)
	if len(parts) == 3 && isSuffixPart(parts[1], false) { // Lee, Jr., Robert
		suffix = slices.Concat(parts[1], suffix)
		parts = slices.Delete(parts, 1, 2)
	}
	for i := range parts {
		var doubtful bool
		parts[i], doubtful = dropTitles(parts[i], max(1, 3-len(parts)))
		guessed = guessed || doubtful
		if at := titleInside(parts[i]); at > 0 && at == len(parts[i])-1 { // Anna Schmidt Dr.
			parts[i] = parts[i][:at]
		}
	}
	parts = slices.DeleteFunc(parts, func(words []string) bool { return len(words) == 0 })
	return parts, suffix, guessed
}

// splitPart splits a name without a comma between first and last name.
func splitPart(name string, words, suffix []string, o order, guessed bool) (first, last string, _ bool) {
	if before, _, comma := strings.Cut(name, ","); comma && len(suffix) == 0 { // one side of the comma is empty
		if strings.TrimSpace(before) == "" {
			return strings.Join(words, " "), "", false
		}
		return "", strings.Join(words, " "), false
	}
	words, suffix = cutSuffix(words, suffix, true)
	for len(words) > 2 && isDegree(words[len(words)-1]) { // Wei Chen PhD
		words, suffix, guessed = words[:len(words)-1], slices.Concat(words[len(words)-1:], suffix), true
	}
	if at := titleInside(words); at > 0 { // Halvorsen Mr. S.
		firstWords, _ := dropTitles(words[at:], len(words))
		return strings.Join(firstWords, " "), strings.Join(slices.Concat(words[:at], suffix), " "), true
	}
	alone, doubtful := particlesAlone(words)
	if len(words) == 1 || alone {
		return "", strings.Join(slices.Concat(words, suffix), " "), false
	}
	at, lastInFront, guess := splitWords(words, o)
	guess = guess && !o.isSettled()
	firstWords, lastWords := words[:at], words[at:]
	if lastInFront {
		firstWords, lastWords = lastWords, firstWords
	}
	return strings.Join(firstWords, " "), strings.Join(slices.Concat(lastWords, suffix), " "), guess || guessed || doubtful
}

// cutSuffix moves the suffixes at the end of words to the front of suffix. With
// fifth, V is a suffix behind two words or more, and the last name of two words is
// none: Ana Neto.
func cutSuffix(words, suffix []string, fifth bool) (name, all []string) {
	for n := len(words) - 1; n > 0 && isSuffix(words[n], fifth && n > 1); n-- {
		if fifth && n == 1 && suffixNames()[strings.ToLower(words[n])] {
			break
		}
		words, suffix = words[:n], slices.Concat(words[n:], suffix)
	}
	return words, suffix
}

// splitWords returns where the two halves of a name without a comma part, and
// whether the last name is in front.
func splitWords(words []string, o order) (at int, lastInFront, guessed bool) {
	n := len(words)
	if k := leadingCapitals(words); k > 0 && o != firstLast { // GARCIA Maria
		return k, true, o != lastFirst && o != headingLastFirst
	}
	if o == lastFirst || o == headingLastFirst {
		at = 1
		for at < n-1 && isParticle(words[at-1]) {
			at++
		}
		return at, true, n > at+1 && !allInitials(words[at+1:])
	}
	if o != firstLast && n > 2 && surnameInFront(words) {
		at = 1
		for at < n-1 && kindOfName(words[at]) == surname {
			at++
		}
		return at, true, true
	}
	at, guessed = splitFirstLast(words, o)
	return at, false, guessed
}

// surnameInFront reports whether three words or more are likelier in the order of
// Garcia Lopez Maria or GARCIA MARIA L than in the other order.
func surnameInFront(words []string) bool {
	front, last := kindOfName(words[0]), words[len(words)-1]
	if isInitial(last) && !isInitial(words[1]) {
		return front != givenName && front != eitherName && !isInitial(words[0])
	}
	return front == surname && kindOfName(last) != surname && trailingCapitals(words) == 0
}

// splitAtParticle returns where a last name with a particle or a connector begins;
// 0 for none.
func splitAtParticle(words []string) (at int, guessed bool) {
	n := len(words)
	for i := 2; i < n-1; i++ { // García y Vega, Costa e Silva
		if isConnector(words[i]) {
			at = i - 1
			for at > 1 && isParticle(words[at-1]) { // Ana de Souza e Silva
				at--
			}
			return at, at > 1
		}
	}
	for i := 1; i < n-1; i++ {
		if !isParticle(words[i]) {
			continue
		}
		run := i
		for run < n-1 && isParticle(words[run]) {
			run++
		}
		if isInitial(words[run]) { // Ronald Ben S. Cardoza
			i = run
			continue
		}
		// "Ana de la Cruz" is certain; in "Maria del Carmen Ruiz" and in
		// "Nguyen Van Anh" the particle belongs elsewhere.
		certain := run == n-1 && (run-i > 1 || isLower(words[i]) || isSaint(words[i]))
		return i, !certain
	}
	return 0, false
}

// splitFirstLast returns where the last name begins behind the first.
func splitFirstLast(words []string, o order) (at int, guessed bool) {
	n := len(words)
	if k := trailingCapitals(words); k > 0 && o != firstLast { // Maria GARCIA LOPEZ
		return n - k, false
	}
	if n == 2 { // Smith J.
		return 1, isInitial(words[1]) || o != firstLast && perhapsLastFirst(words[0], words[1])
	}
	if at, guessed = splitAtParticle(words); at > 0 {
		return at, guessed
	}
	if allInitials(words[1 : n-1]) {
		return n - 1, false
	}
	switch {
	case isInitial(words[n-2]) && !isInitial(words[n-1]): // Leo Mark T. Cardoza
		return n - 1, false
	case isInitial(words[n-1]) && !isInitial(words[n-2]), // Juan García L.
		n >= 4 && !isInitial(words[n-2]), n == 3 && o == twoSurnames:
		return n - 2, true
	}
	return n - 1, true
}

// perhapsLastFirst reports whether two words may be in the order of Lopez Maria.
// Capitals are in doubt where no name is known: nothing tells Anh Khoa from KHOA ANH.
func perhapsLastFirst(front, behind string) bool {
	known := nameOrderOf(front, behind)
	return known == orderLastFirst || known == orderUnknown && len(front) > 2 && isCapitals(front) && isCapitals(behind)
}

// leadingCapitals counts the words in capitals in front of words that are not.
func leadingCapitals(words []string) int {
	k := 0
	for k < len(words) && isCapitals(words[k]) {
		k++
	}
	if k == 0 || k == len(words) || utf8.RuneCountInString(words[k-1]) < 3 || isInitial(words[k-1]) { // JP Smith, J.R. Smith
		return 0
	}
	for _, w := range words[k:] {
		if isCapitals(w) {
			return 0
		}
	}
	if allInitials(words[k:]) && k > 1 { // GARCIA MARIA L
		return 0
	}
	return k
}

// trailingCapitals counts the words in capitals behind words that are not.
func trailingCapitals(words []string) int {
	k := 0
	for k < len(words) && isCapitals(words[len(words)-1-k]) {
		k++
	}
	if k == 0 || k == len(words) || utf8.RuneCountInString(words[len(words)-1]) < 3 || isInitial(words[len(words)-1]) ||
		slices.ContainsFunc(words[:len(words)-k], isCapitals) { // John Smith PE, JOHN SMITH
		return 0
	}
	for len(words)-k > 1 && isParticle(words[len(words)-1-k]) { // Anna van der BERG
		k++
	}
	return k
}

// The shapes of words in names.
var (
	capitals = regexp.MustCompile(`^[^\p{Ll}]*\p{Lu}[^\p{Ll}]*\p{Lu}[^\p{Ll}]*$`)
	initials = regexp.MustCompile(`^(?:\.*\pL\.*|(?:\pL\.)+)$`)
)

// isCapitals reports whether a word of two letters or more has capitals only.
func isCapitals(word string) bool { return capitals.MatchString(word) }

func isLower(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.IsLower(r)
}

// isInitial reports whether a word is an initial: "L", "L.", "J.R.".
func isInitial(word string) bool { return initials.MatchString(word) }

func allInitials(words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !isInitial(w) })
}

// The words that are parts of names.
var (
	suffixes = wordSet("name-parts", "suffix", exactly)

	suffixNames = wordSet("name-parts", "suffix or name", exactly)
	degrees     = wordSet("name-parts", "degree", exactly)
	particles   = wordSet("name-parts", "particle", exactly)
	saints      = wordSet("name-parts", "saint", exactly)

	particleNames  = wordSet("name-parts", "particle or name", exactly)
	jointParticles = wordSet("name-parts", "joint particles", exactly)
)

// isParticle reports whether a word leads into a last name.
func isParticle(word string) bool { return particles()[strings.ToLower(word)] }

// isSaint reports whether a word is a particle for a saint.
func isSaint(word string) bool { return saints()[strings.ToLower(word)] }

// isDegree reports whether a word is a degree.
func isDegree(word string) bool { return degrees()[strings.ReplaceAll(word, ".", "")] }

// isConnector reports whether a word joins two last names. In capitals the word
// is an initial as often.
func isConnector(word string) bool { return word == "y" || word == "e" }

// isSuffix reports whether a word is a generation. V is an initial as often, so V
// counts only with fifth.
func isSuffix(word string, fifth bool) bool {
	return suffixes()[strings.ToLower(strings.TrimRight(word, "."))] || fifth && strings.EqualFold(word, "v")
}

// isSuffixPart reports whether all words are generations or, with degrees,
// degrees, and so no first name.
func isSuffixPart(words []string, degrees bool) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !isSuffix(w, degrees) && (!degrees || !isDegree(w)) })
}

// particlesAlone reports whether words are a last name that lacks a first name, as
// van der Haag is. It is doubtful whether the first word of Van Tran, Al Gomez or Ben
// van Dyke is a particle or a name.
func particlesAlone(words []string) (alone, doubtful bool) {
	n := len(words)
	if n < 2 || slices.ContainsFunc(words[:n-1], func(w string) bool { return !isParticle(w) }) {
		return false, false
	}
	isName := particleNames()[strings.ToLower(words[0])] && isLower(words[0]) == isLower(words[n-1])
	joint := n > 2 && jointParticles()[strings.ToLower(words[0]+" "+words[1])]
	return !isName || joint, isName
}
