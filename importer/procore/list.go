package procore

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const perPage = 2000 // the most that Procore recommends

// list yields what convert makes of each item of a list, and nothing twice. It
// ends after an error, an *Error.
func list[J any, P object[J], T any](ctx context.Context, c *Client, r request, convert func(P) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		reading := newReading[J, P](c, r)
		yielded := map[int64]bool{}
		for page := 1; page > 0; {
			items, next, err := reading.page(ctx, page)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for i := range items {
				item := P(&items[i])
				if yielded[item.id()] {
					continue
				}
				yielded[item.id()] = true
				if !yield(convert(item), nil) {
					return
				}
			}
			page = next
		}
	}
}

// whole returns all of a list, or nothing of it.
func whole[T any](list iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for item, err := range list {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}

// reading is how far a list has been read.
//
// Whoever is added to the list while it is read moves others to a later page,
// where they come again. Whoever is taken off it moves others to an earlier
// one, where nobody would look any more: if Total says so, that is read again.
type reading[J any, P object[J]] struct {
	client  *Client
	request request
	seen    int64 // items of the pages before
	first   int64 // the first ID of the page before
	total   int64 // how long the list was then
}

func newReading[J any, P object[J]](c *Client, r request) *reading[J, P] {
	r.method, r.most = http.MethodGet, mostList
	r.query = maps.Clone(r.query)
	if r.query == nil {
		r.query = url.Values{}
	}
	r.query.Set("per_page", strconv.Itoa(perPage))
	return &reading[J, P]{client: c, request: r}
}

// page reads one page, and returns the number of the one to read then, 0 behind
// the last.
func (r *reading[J, P]) page(ctx context.Context, page int) (items []J, next int, err error) {
	r.request.query.Set("page", strconv.Itoa(page))
	err = r.client.get(ctx, r.request, func(resp *http.Response, body io.Reader) error {
		if items, err = decodeList[J, P](body); err != nil {
			return err
		}
		if next = r.shrunk(resp.Header, page); next > 0 {
			items, r.first, r.seen = nil, 0, int64((next-1)*pageSize(resp.Header))
			return nil
		}
		r.seen += int64(len(items))
		if len(items) > 0 {
			before := r.first
			if r.first = P(&items[0]).id(); r.first == before {
				return fmt.Errorf("page %d of the list repeats the page before", page)
			}
		}
		next, err = following(resp.Header, page, len(items), r.seen)
		return err
	})
	return items, next, err
}

// shrunk returns the page from which on the list is to be read again, 0 for none.
func (r *reading[J, P]) shrunk(h http.Header, page int) int {
	now, known := count(h, "Total")
	if !known {
		return 0
	}
	gone := r.total - int64(now)
	r.total = int64(now)
	if page == 1 || gone <= 0 {
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
