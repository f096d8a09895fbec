package main

// nearest returns the name that is most like word, if any is more like it than
// least, or "".
func nearest(word string, names []string, least float64) string {
	best, most := "", least
	for _, name := range names {
		if score := likeness(word, name); score > most {
			best, most = name, score
		}
	}
	return best
}

// likeness is the share of letter pairs that two words have in common.
func likeness(a, b string) float64 {
	pairs := map[string]int{}
	for i := 0; i+2 <= len(a); i++ {
		pairs[a[i:i+2]]++
	}
	common := 0
	for i := 0; i+2 <= len(b); i++ {
		if pairs[b[i:i+2]] > 0 {
			pairs[b[i:i+2]]--
			common++
		}
	}
	return 2 * float64(common) / float64(max(len(a)+len(b)-2, 1))
}
