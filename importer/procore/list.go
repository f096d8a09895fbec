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

// list yields the pages of a list, the last one possibly empty. It ends after
// an error, an *Error.
func list[T any, P object[T]](ctx context.Context, c *Client, r request) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		r.method, r.most = http.MethodGet, mostList
		r.query = maps.Clone(r.query)
		if r.query == nil {
			r.query = url.Values{}
		}
		r.query.Set("per_page", strconv.Itoa(perPage))
		var seen, first int64 // first: the first ID of the page before
		for page := 1; page > 0; {
			r.query.Set("page", strconv.Itoa(page))
			var items []T
			next := 0
			err := c.get(ctx, r, func(resp *http.Response, body io.Reader) error {
				var err error
				if items, err = decodeList[T, P](body); err != nil {
					return err
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
			if !yield(items, nil) {
				return
			}
			seen += int64(len(items))
			if len(items) > 0 {
				first = P(&items[0]).id()
			}
			page = next
		}
	}
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
	size := perPage
	if n, ok := count(h, "Per-Page"); ok && n > 0 {
		size = n
	}
	switch {
	case known && seen < int64(total):
		return page + 1, nil
	case !known && strings.TrimSpace(links) == "" && items >= size:
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
