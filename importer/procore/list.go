package procore

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const perPage = 2000 // the most that Procore recommends

// list yields the pages of a list, the last one possibly empty, and nothing
// twice. It ends after an error, an *Error.
//
// Whoever is added to the list while it is read moves others to a later page,
// where they come again. Whoever is taken off it moves others to an earlier
// one, where nobody would look any more: if Total says so, that is read again.
func list[T any, P object[T]](ctx context.Context, c *Client, r request) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		r.method, r.most = http.MethodGet, mostList
		r.query = maps.Clone(r.query)
		if r.query == nil {
			r.query = url.Values{}
		}
		r.query.Set("per_page", strconv.Itoa(perPage))
		var seen, first, total int64 // first: the first ID of the page before
		yielded := map[int64]bool{}
		for page := 1; page > 0; {
			r.query.Set("page", strconv.Itoa(page))
			var items []T
			next, again, size := 0, 0, 0
			err := c.get(ctx, r, func(resp *http.Response, body io.Reader) error {
				var err error
				if items, err = decodeList[T, P](body); err != nil {
					return err
				}
				size = pageSize(resp.Header)
				if again = shrunk(resp.Header, page, &total); again > 0 {
					return nil
				}
				if len(items) > 0 && P(&items[0]).id() == first {
					return fmt.Errorf("page %d of the list repeats the page before", page)
				}
				next, err = following(resp.Header, page, len(items), seen+int64(len(items)))
				return err
			})
			if err != nil {
				yield(nil, err)
				return
			}
			if again > 0 {
				page, first = again, 0
				seen = int64((page - 1) * size)
				continue
			}
			seen += int64(len(items))
			if len(items) > 0 {
				first = P(&items[0]).id()
			}
			items = slices.DeleteFunc(items, func(item T) bool {
				id := P(&item).id()
				before := yielded[id]
				yielded[id] = true
				return before
			})
			if !yield(items, nil) {
				return
			}
			page = next
		}
	}
}

// shrunk returns the page from which on the list is to be read again, 0 for none:
// total was the list's length when the page before was read.
func shrunk(h http.Header, page int, total *int64) int {
	now, known := count(h, "Total")
	gone := *total - int64(now)
	if !known || page == 1 && gone > 0 {
		gone = 0
	}
	if known {
		*total = int64(now)
	}
	if gone <= 0 {
		return 0
	}
	pages := (int(gone) + pageSize(h) - 1) / pageSize(h)
	return max(page-pages, 1)
}

// pageSize returns how many there are on a page.
func pageSize(h http.Header) int {
	if n, ok := count(h, "Per-Page"); ok && n > 0 {
		return n
	}
	return perPage
}

// following returns the number of the page after this one, or 0 if it is the
// last. There is another if the Link header or Total says so: a person missed
// is a person created twice, while a page too many is one request. Where
// neither header is there, a full page has another behind it. A list that
// doesn't get on is an error, lest it is read for ever.
func following(h http.Header, page, items int, seen int64) (int, error) {
	links := strings.Join(h.Values("Link"), ",")
	if target, ok := nextLink(links); ok {
		if items == 0 {
			return 0, fmt.Errorf("page %d of the list is empty, yet another is to follow", page)
		}
		next := page + 1
		if u, err := url.Parse(target); err == nil && u.Query().Has("page") {
			if next, err = strconv.Atoi(u.Query().Get("page")); err != nil || next <= page {
				return 0, fmt.Errorf("the page after page %d of the list is not a later one", page)
			}
		}
		return next, nil
	}
	if items == 0 {
		return 0, nil
	}
	total, known := count(h, "Total")
	switch {
	case known && seen < int64(total):
		return page + 1, nil
	case !known && strings.TrimSpace(links) == "" && items >= pageSize(h):
		return page + 1, nil
	}
	return 0, nil
}

// nextLink returns the target of rel="next" in a Link header (RFC 8288), and
// whether there is one.
func nextLink(links string) (string, bool) {
	for {
		_, rest, ok := strings.Cut(links, "<")
		if !ok {
			return "", false
		}
		target, rest, ok := strings.Cut(rest, ">")
		if !ok {
			return "", false
		}
		// The parameters end where the next target begins: a "<" inside a
		// quoted parameter would be misread, at worst as no next page, and
		// pagination links have none.
		params, _, _ := strings.Cut(rest, "<")
		for param := range strings.FieldsFuncSeq(params, func(r rune) bool { return r == ';' || r == ',' }) {
			name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
			if !strings.EqualFold(strings.TrimSpace(name), "rel") {
				continue
			}
			for rel := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `"`)) {
				if strings.EqualFold(rel, "next") {
					return target, true
				}
			}
		}
		links = rest
	}
}
