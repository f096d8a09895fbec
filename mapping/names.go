package mapping

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// order is which half of a full name without a comma comes first.
type order uint8

const (
	autoOrder   order = iota // first name first, unless capitals say otherwise
	firstLast                // first name first
	lastFirst                // last name first
	twoSurnames              // as autoOrder; of three words, the last two are surnames
)

// String returns the order as a mapping file says it.
func (o order) String() string { return orders()[o] }

// orders are the names of the orders, by order.
func orders() []string { return []string{"auto", "first_last", "last_first", "two_surnames"} }

// splitName splits a clean full name. A comma always puts the last name
// first, whatever the order says. Titles in front (Mr., Dr.) are dropped, no
// other word is lost; suffixes (Jr, III) stay with the last name. One of the
// halves is "" if the name is one word. guessed is whether another split is as
// likely.
func splitName(name string, o order) (first, last string, guessed bool) {
	if first, last, guessed, plain := splitPlain(name, o); plain {
		return first, last, guessed
	}
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

// partsOf returns the words between a name's commas, but for titles and for the
// suffixes that have a part of their own. guessed is whether those may be a name.
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
		parts[i] = dropTitles(parts[i])
	}
	parts = slices.DeleteFunc(parts, func(words []string) bool { return len(words) == 0 })
	return parts, suffix, guessed
}

// splitPart splits a name whose words no comma parts.
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
	if len(words) == 1 {
		return "", strings.Join(slices.Concat(words, suffix), " "), false
	}
	at, lastInFront, guess := splitWords(words, o)
	firstWords, lastWords := words[:at], words[at:]
	if lastInFront {
		firstWords, lastWords = lastWords, firstWords
	}
	return strings.Join(firstWords, " "), strings.Join(slices.Concat(lastWords, suffix), " "), guess || guessed
}

// cutSuffix takes the suffixes behind words and puts them in front of suffix. With
// fifth, V is one behind two words or more.
func cutSuffix(words, suffix []string, fifth bool) (name, all []string) {
	for n := len(words) - 1; n > 0 && isSuffix(words[n], fifth && n > 1); n-- {
		words, suffix = words[:n], slices.Concat(words[n:], suffix)
	}
	return words, suffix
}

// dropBullet takes what marks a line of a list off a name: • Maria Lopez, - Bo Li.
func dropBullet(name string) string {
	for _, bullet := range [...]string{"-", "–", "—", "•", "·", "▪", "◦"} {
		rest, found := strings.CutPrefix(name, bullet)
		if !found {
			continue
		}
		if rest = strings.TrimLeft(rest, " "); rest != "" && isASCIILetter(rest[0]) && !strings.ContainsAny(rest, "(|!") {
			return rest
		}
	}
	return name
}

// dropNumber takes the number of a list off a name: 1. Maria Lopez, 12) Bo Li.
func dropNumber(name string) string {
	n, rest := digits(name)
	switch {
	case n == 0 || n > 3:
		return name
	case rest == "." || rest == ")":
		return ""
	case strings.HasPrefix(rest, ". "), strings.HasPrefix(rest, ") "):
		return strings.TrimLeft(rest[1:], " ")
	}
	return name
}

// splitPlain is splitName for the many names that have neither titles nor
// suffixes; plain is false for any other. It allocates nothing: mapping a row is
// to cost no more than reading it. The name's only white space is single blanks.
func splitPlain(name string, o order) (first, last string, guessed, plain bool) {
	const most = 8
	var words [most]string
	var starts [most]int
	n, comma := 0, -1
	for i := 0; i < len(name); {
		end := i
		for end < len(name) && name[end] != ' ' && name[end] != ',' {
			end++
		}
		if end == i || n == most || isSpecial(name[i:end]) {
			return "", "", false, false
		}
		words[n], starts[n] = name[i:end], i
		n++
		if end < len(name) && name[end] == ',' {
			if comma >= 0 {
				return "", "", false, false
			}
			comma = end
			end++
		}
		if end == len(name) {
			break
		}
		if name[end] != ' ' || end+1 == len(name) {
			return "", "", false, false
		}
		i = end + 1
	}
	switch {
	case comma >= 0 && starts[n-1] > comma:
		return name[comma+2:], name[:comma], false, true
	case comma >= 0 || n < 2:
		return "", "", false, false
	}
	at, lastInFront, guessed := splitWords(words[:n], o)
	first, last = name[:starts[at]-1], name[starts[at]:]
	if lastInFront {
		first, last = last, first
	}
	return first, last, guessed, true
}

// isSpecial reports whether a word may be a title, a suffix or a degree.
func isSpecial(word string) bool {
	if word[len(word)-1] == '.' || strings.IndexByte(word, '.') > 0 {
		return !isInitial(word) || isDegree(word)
	}
	if len(word) > len("prof") { // most words; few of the lists' are as long
		if len(word) > len("monsieur") || strings.IndexByte("smfj", word[0]|0x20) < 0 {
			return false
		}
		return isTitle(word) || isSuffix(word, false)
	}
	return isTitle(word) || isSuffix(word, true) || isDegree(word)
}

// splitWords returns where two or more words without a comma part, and whether
// it is the last name that is in front.
func splitWords(words []string, o order) (at int, lastInFront, guessed bool) {
	n := len(words)
	if k := leadingCapitals(words); k > 0 && o != firstLast { // GARCIA Maria
		return k, true, o != lastFirst
	}
	if o == lastFirst {
		at = 1
		for at < n-1 && isParticle(words[at-1]) {
			at++
		}
		return at, true, n > at+1 && !allInitials(words[at+1:])
	}
	if o != firstLast && n > 2 && surnameInFront(words) {
		at = 1
		for at < n-1 && names().of(words[at]) == isSurname {
			at++
		}
		return at, true, true
	}
	at, guessed = splitFirstLast(words, o)
	return at, false, guessed
}

// surnameInFront reports whether three words or more are likelier in the order of
// Garcia Lopez Maria or GARCIA MARIA L than in the other.
func surnameInFront(words []string) bool {
	first, last := names().of(words[0]), words[len(words)-1]
	if isInitial(last) && !isInitial(words[1]) {
		return first != isGiven && first != isEither && !isInitial(words[0])
	}
	return first == isSurname && names().of(last) != isSurname && trailingCapitals(words) == 0
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
		// "Ana de la Cruz" is certain; in "Maria del Carmen Ruiz" and in
		// "Nguyen Van Anh" the particle belongs elsewhere.
		certain := run == n-1 && (run-i > 1 || isLower(words[i]) || isSaint(words[i]))
		return i, !certain
	}
	if allInitials(words[1 : n-1]) {
		return n - 1, false
	}
	switch {
	case isInitial(words[n-1]) && !isInitial(words[n-2]), // Juan García L.
		n >= 4 && !isInitial(words[n-2]), n == 3 && o == twoSurnames:
		return n - 2, true
	}
	return n - 1, true
}

// perhapsLastFirst reports whether two words may be in the order of Lopez Maria. In
// capitals they are also where the names are not known: there nothing tells Anh
// Khoa from KHOA ANH.
func perhapsLastFirst(first, second string) bool {
	switch leanOf(first, second) {
	case leansLastFirst:
		return true
	case leansFirstLast:
		return false
	case leansNowhere:
	}
	return len(first) > 2 && isCapitals(first) && isCapitals(second)
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

// isCapitals reports whether a word of two letters or more has capitals only.
func isCapitals(word string) bool {
	letters := 0
	for _, r := range word {
		if unicode.IsLower(r) {
			return false
		}
		if unicode.IsUpper(r) {
			letters++
		}
	}
	return letters > 1
}

func isLower(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.IsLower(r)
}

// isInitial reports whether a word is an initial: "L", "L.", "J.R.".
func isInitial(word string) bool {
	letters := 0
	for _, r := range word {
		switch {
		case unicode.IsLetter(r):
			letters++
		case r != '.':
			return false
		}
	}
	return letters == 1 || letters > 0 && letters == strings.Count(word, ".")
}

func allInitials(words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !isInitial(w) })
}

// isParticle reports whether a word leads into a last name.
func isParticle(word string) bool {
	switch string(lower(new([longestWord]byte), word)) {
	case "van", "von", "der", "den", "ter", "ten", "te", "de", "da", "do", "dos", "das", "del", "della", "dello", "di", "du", "des",
		"la", "las", "le", "los", "lo", "el", "al", "bin", "ibn", "bint", "ben", "abu", "zu", "zum", "zur", "af", "av", "st", "st.", "ste", "ste.",
		"saint", "san", "santa", "d'", "'t", "op", "vom", "het", "mac", "mc", "ap":
		return true
	}
	return false
}

// isConnector reports whether a word joins two last names. In capitals it is
// an initial as often.
func isConnector(word string) bool { return word == "y" || word == "e" }

func isSaint(word string) bool {
	switch string(lower(new([longestWord]byte), word)) {
	case "st", "st.", "ste", "ste.", "saint":
		return true
	}
	return false
}

// isSuffix reports whether a word is a generation. V is an initial as often,
// so it counts only with fifth.
func isSuffix(word string, fifth bool) bool {
	switch string(lower(new([longestWord]byte), strings.TrimRight(word, "."))) {
	case "jr", "jnr", "sr", "snr", "ii", "iii", "iv", "2nd", "3rd", "4th", "filho", "neto", "júnior", "hijo":
		return true
	case "v":
		return fifth && !strings.HasSuffix(word, ".")
	}
	return false
}

// isSuffixPart reports whether what stands behind a comma is a generation or,
// where degrees can be meant, a degree: no first name.
func isSuffixPart(words []string, degrees bool) bool {
	for _, w := range words {
		if !isSuffix(w, degrees) && (!degrees || !isDegree(w)) {
			return false
		}
	}
	return true
}

func isDegree(word string) bool {
	switch strings.ReplaceAll(word, ".", "") {
	case "PE", "MD", "PhD", "PHD", "Esq", "ESQ", "CPA", "PMP", "LEED", "CSP", "AIA", "MBA", "MSc", "BSc", "DDS", "RN":
		return true
	}
	return false
}

// dropTitles takes titles off the front.
func dropTitles(words []string) []string {
	for len(words) > 0 && isTitle(words[0]) {
		words = words[1:]
	}
	return words
}

// longestWord is the length of the longest word in the lists below.
const longestWord = 12

// lower writes a word in small letters into buf, for lists that end with
// longestWord bytes; a longer word is none of them.
func lower(buf *[longestWord]byte, word string) []byte {
	dst := buf[:0]
	for _, r := range word {
		if 'a' <= r && r <= 'z' && len(dst) < longestWord {
			dst = append(dst, byte(r))
			continue
		}
		if r = unicode.ToLower(r); len(dst)+utf8.RuneLen(r) > longestWord {
			return nil
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// isTitle reports whether a word is a form of address. "Don" and "M." are
// not: they are first names and initials as well.
func isTitle(word string) bool {
	switch string(lower(new([longestWord]byte), word)) {
	case "mr", "mr.", "mrs", "mrs.", "ms", "ms.", "miss", "mx", "mx.", "dr", "dr.", "dra", "dra.", "prof", "prof.", "rev.", "capt", "capt.", "sgt", "sgt.", "lt", "lt.", "col.", "maj.",
		"sr.", "sra", "sra.", "srta", "srta.", "señor", "señora", "herr", "frau", "mme", "mme.", "mlle", "mlle.", "monsieur", "madame",
		"ing.", "dipl.-ing.", "dr.-ing.", "lic.", "arq.", "eng.", "engr.":
		return true
	}
	return false
}
