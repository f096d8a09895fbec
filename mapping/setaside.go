package mapping

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// setAside takes what is no part of a name out of it: a nickname, as in Robert
// (Bob) Smith or Robert "Bob" Smith, the same name in other letters, as in Li Wei
// (李伟), and the quotes around a whole name. left is what it took, as it stands
// there, or "".
//
// What stands in quotes is a nickname. What stands in brackets is one only if it
// is known or begins the first name, for Ann Lee (Foreman) and Ann Lee (ACME) are
// written as well: of any other bracket the name keeps all, and is refused.
func setAside(name string) (rest, left string) {
	if !mayBeQuoted(name) {
		return name, ""
	}
	if q := name[:1]; len(name) > 2 && (q == "'" || q == `"`) && strings.HasSuffix(name, q) {
		inside := strings.ReplaceAll(name[1:len(name)-1], q+q, "\x00")
		if !strings.Contains(inside, q) { // 'O''Connor', as databases write it
			return strings.ReplaceAll(inside, "\x00", q), ""
		}
	}
	from, to, inside, bracket := quoted(name)
	if to == 0 {
		return name, ""
	}
	before, behind := strings.TrimRight(name[:from], " "), strings.TrimLeft(name[to:], " ")
	front := before == "" || strings.HasSuffix(before, ",")
	switch {
	case before == "" && behind == "" && !bracket: // "Lee"
		return inside, ""
	case front && bracket, !isNickname(inside), bracket && !knownBeside(inside, before):
		return name, ""
	case front: // "Bob" Smith
		rest = before + " " + inside + " " + behind
	case strings.HasPrefix(behind, ","):
		rest = before + behind
	default:
		rest = before + " " + behind
	}
	return strings.TrimSpace(rest), name[from:to]
}

// mayBeQuoted is the quick way out for most names.
func mayBeQuoted(name string) bool {
	for i := range len(name) {
		switch name[i] {
		case '"', '(', '[', 0xC2, 0xE2: // « and the curly quotes begin with the last two
			return true
		case '\'':
			if i == 0 || name[i-1] == ' ' {
				return true
			}
		}
	}
	return false
}

// quoted returns where the only quotes or brackets of a name begin and end, which
// have to have whole words in them, and what stands between. to is 0 if there are
// none, or several.
func quoted(name string) (from, to int, inside string, bracket bool) {
	for _, pair := range [...][2]string{
		{`"`, `"`}, {"“", "”"}, {"“", "“"}, {"„", "“"}, {"‘", "’"}, {"«", "»"}, {"'", "'"}, {"(", ")"}, {"[", "]"},
	} {
		start := strings.Index(name, pair[0])
		for start > 0 && name[start-1] != ' ' && name[start-1] != ',' {
			next := strings.Index(name[start+1:], pair[0])
			if next < 0 {
				start = -1
				break
			}
			start += 1 + next
		}
		if start < 0 {
			continue
		}
		length := strings.Index(name[start+len(pair[0]):], pair[1])
		if length <= 0 {
			continue
		}
		end := start + len(pair[0]) + length + len(pair[1])
		if end < len(name) && name[end] != ' ' && name[end] != ',' {
			continue
		}
		if strings.ContainsAny(name[:start]+name[end:], `"“”„«»()[]`) {
			return 0, 0, "", false
		}
		return start, end, strings.TrimSpace(name[start+len(pair[0]) : end-len(pair[1])]), pair[0] == "(" || pair[0] == "["
	}
	return 0, 0, "", false
}

// isNickname reports whether what stands in quotes can be one: a word or two of
// letters, and nothing that is said about somebody.
func isNickname(inside string) bool {
	words := strings.Fields(inside)
	if len(words) == 0 || len(words) > 2 || saysWhat(inside) || isSuffixPart(words, true) {
		return false
	}
	return !strings.ContainsFunc(inside, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune(" .-'’", r)
	})
}

// knownBeside reports whether what stands in brackets behind a first name is one
// for certain: a name that is known, the beginning of that one, or letters of
// another script.
func knownBeside(inside, before string) bool {
	if otherScript(inside) && !otherScript(before) {
		return true
	}
	if strings.Contains(inside, " ") {
		return false
	}
	key := fold(inside)
	if _, ok := nicknames()[key]; ok || names().of(inside) == isGiven {
		return true
	}
	if _, behind, comma := strings.Cut(before, ","); comma {
		before = behind
	}
	first := strings.Fields(fold(before))
	return len(key) > 1 && len(first) > 0 && first[0] != key && strings.HasPrefix(first[0], key)
}

func otherScript(text string) bool {
	letters := false
	for _, r := range text {
		if !unicode.IsLetter(r) {
			continue
		}
		if unicode.Is(unicode.Latin, r) {
			return false
		}
		letters = true
	}
	return letters
}

// saysWhat reports whether words behind a name say what somebody does, or that they
// have left: Foreman, Electrician, TERMINATED. Nobody has such a first name.
func saysWhat(text string) bool {
	if departedWord(text) {
		return true
	}
	var buf [24]byte
	for word := range strings.FieldsSeq(text) {
		if _, ok := occupations()[string(AppendFold(buf[:0], word))]; ok {
			return true
		}
	}
	return false
}

// remarkBehind returns what is said about somebody behind a comma or a dash that
// follows a whole name, as in Bob Stone, Foreman and Ann Lee - TERMINATED; "" if
// what stands there is part of the name.
func remarkBehind(name string) string {
	at := strings.LastIndexByte(name, ',')
	if at >= 0 && strings.IndexByte(name[:at], ' ') < 0 { // Smith, Robert
		at = -1
	}
	for i := range len(name) - 2 {
		if name[i] == ' ' && (strings.HasPrefix(name[i:], " - ") || strings.HasPrefix(name[i:], " – ") || strings.HasPrefix(name[i:], " — ")) {
			at = max(at, i)
		}
	}
	if at < 0 {
		return ""
	}
	rest := strings.TrimLeft(name[at:], ",-–— ")
	if rest == "" || !saysWhat(rest) {
		return ""
	}
	return rest
}

// loneWord returns a word of a full name that is a dash or the number of something,
// such as a badge or what is left of xxx-xx-1234; "" if there is none.
func loneWord(name string) string {
	for i := 0; i < len(name); {
		end := i
		for end < len(name) && name[end] != ' ' {
			end++
		}
		switch word := name[i:end]; {
		case word == "-", word == "–", word == "—":
			return word
		case isNumbers(word):
			return word
		}
		i = end + 1
	}
	return ""
}

// isFirm reports whether a full name ends as those of firms do.
func isFirm(name string) bool {
	switch last := strings.TrimRight(name[strings.LastIndexAny(name, " ,")+1:], "."); len(last) {
	case len("inc"), len("gmbh"):
		return slices.ContainsFunc([]string{"inc", "llc", "llp", "ltd", "gmbh", "corp"}, func(firm string) bool { return strings.EqualFold(firm, last) })
	}
	return false
}

// isNumbers reports a word of three digits or more and no letters but X.
func isNumbers(word string) bool {
	const few = 3
	n := 0
	for i := range len(word) {
		switch b := word[i]; {
		case '0' <= b && b <= '9':
			n++
		case b == 'x' || b == 'X' || b < utf8.RuneSelf && !isASCIILetter(b):
		default:
			return false
		}
	}
	return n >= few
}

// severalPeople reports whether a cell lists people: Maria Garcia, Bob Smith.
func severalPeople(name string) bool {
	at := strings.IndexByte(name, ',')
	if at < 0 || strings.IndexByte(name[:at], ' ') < 0 || strings.IndexByte(strings.TrimLeft(name[at+1:], " "), ' ') < 0 { // most names
		return false
	}
	whole, parts := 0, strings.Split(name, ",")
	for _, part := range parts {
		words := strings.Fields(part)
		switch {
		case len(words) < 2, isSuffixPart(words, true):
			return false
		case len(words) == 2 && names().of(words[0]) == isGiven && names().of(words[1]) == isSurname:
			whole++
		}
	}
	return len(parts) > 2 || len(parts) == 2 && whole == 2
}

// isList reports whether a cell has a whole name on each of several lines.
func isList(raw string) bool {
	if !strings.ContainsAny(raw, "\r\n") {
		return false
	}
	lines := 0
	for line := range strings.FieldsFuncSeq(raw, func(r rune) bool { return r == '\r' || r == '\n' }) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			continue
		case len(strings.Fields(line)) < 2, strings.HasSuffix(line, ","):
			return false
		}
		lines++
	}
	return lines > 1
}

// occupations are words for what somebody does that no first name is.
var occupations = sync.OnceValue(func() map[string]struct{} {
	return wordSet(`
		foreman forewoman foreperson journeyman journeyperson apprentice superintendent leadman helper supervisor manager laborer labourer electrician plumber
		carpenter welder pipefitter steamfitter fitter ironworker operator driver mechanic painter roofer glazier engineer technician estimator inspector surveyor
		rigger lineman groundman millwright boilermaker flagger scaffolder subcontractor contractor employee temp trainee intern visitor secretary receptionist
		capataz electricista plomero fontanero carpintero soldador ayudante obrero peon albanil pintor operador encargado ingeniero aprendiz
		polier vorarbeiter elektriker maurer bauleiter helfer geselle lehrling azubi electricien macon coffreur grutier conducteur apprenti plombier menuisier
		eletricista pedreiro encanador servente encarregado ajudante engenheiro mestre motorista`)
})

// nicknames are short forms of first names, folded.
var nicknames = sync.OnceValue(func() map[string]struct{} {
	return wordSet(`
		abby abe al alex andy angie archie art barb becky ben benny bernie bert bert beth betsy betty bill billie billy bob bobbie bobby brad bud buddy butch cal cathy chad charlie
		chaz chip chris chuck cindy cliff connie curt cyndi dan danny dave davey deb debbie denny dick dom don donnie donny dottie doug drew dusty ed eddie eddy ellie ernie frankie
		fred freddie freddy gabby gabe gene geoff gerry ginny greg gus hal hank harry izzy jack jackie jake jamie jan jeff jen jenn jenny jerry jess jim jimmie jimmy jo joe joey
		johnnie johnny jon josh judy junior kat kate kathy katie ken kenny kim kris larry len lenny leo les liz lou louie lupe mack mac maggie mandy manny marv matt matty max meg
		mel mick mickey mike mikey mindy mitch moe molly nat nate ned nick nicky norm ollie pam pat patsy patti patty peggy pete phil ray rich richie rick ricky rob robbie robby
		rod ron ronnie roy russ rusty sal sally sam sammy sandy scotty shelly skip sonny spike stan steph steve stevie stu sue susie suzy tad ted teddy terri terry theo tim timmy tom
		tommy toni tony tracy trish val vic vicky vince wally walt wes will willie woody zach zack
		alex beto chago chalo charo chato chava chayo chela chelo chema chepe chuy concha coque fer fito flaco gabi goyo guero kike lalo lencho licha lola lucho lupita manolo mari maru
		memo meche mincho mundo nacho nando nico pablito paco pancho paty paquito pepe pepito pili poncho quico quique rafa rafita rico santi tavo tere tito tono toño vero yoli
		zeca ze toninho chico nando tiago bia gui duda`)
})

// wordSet is a list of words, folded.
func wordSet(list string) map[string]struct{} {
	set := make(map[string]struct{})
	for word := range strings.FieldsSeq(list) {
		set[fold(word)] = struct{}{}
	}
	return set
}
