package mapping

import "regexp"

// The marks in front of and behind a line of a list: * Ann Lee, 12) Bo Li, N: Cy Dahl, - Maria
// Lopez, [x] Dan Moe and Ann Lee **. What reads like a formula has no mark.
var (
	listMark = regexp.MustCompile(`^(?:[*†‡•·▪▫◦●○■□◆◇►▶▸➢➤»>☐☑☒#~]+|\(?\d{1,3}(?:[):\]]|(?:\.| *[-–—])(?:\s|$))|\(\pL\)|\pL[):]|\[[ xX✓]?\])\s*(\pL.*|)$`)
	dashMark = regexp.MustCompile(`^[-–—+]+\s*(\pL[^(|!=]*)$`)
	footMark = regexp.MustCompile(`^(.*\pL\.?)\s*(?:[*†‡#^]+|\[\w\]|\(\d\))$`)
)

// dropListMarks takes what marks a line of a list off a name.
func dropListMarks(name string) string {
	for _, mark := range []*regexp.Regexp{listMark, dashMark, footMark} {
		if found := mark.FindStringSubmatch(name); found != nil {
			name = found[1]
		}
	}
	return name
}
