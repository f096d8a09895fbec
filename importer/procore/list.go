package procore

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

const perPage = 2000 // the most that Procore recommends

// readList yields each item of a list once, converted. The sequence ends after an
// error, an *Error.
func readList[J any, P object[J], T any](ctx context.Context, c *Client, r request, convert func(P) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		reader := newListReader[J, P](c, r)
		yielded := map[int64]bool{}
		for page := 1; page > 0; {
			items, next, err := reader.read(ctx, page)
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

// collect returns all items of a list, or none and the error.
func collect[T any](list iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for item, err := range list {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}

// listReader reads the pages of a list that may change meanwhile.
//
// A person added to the list moves others to a later page, where they appear
// again. A person removed from the list moves others to an earlier page, which
// was read already: if Total shrinks, listReader goes back to that page.
type listReader[J any, P object[J]] struct {
	client  *Client
	request request
	seen    int64 // items of the pages before
	first   int64 // the first ID of the page before
	total   int64 // length of the list at the page before
}

func newListReader[J any, P object[J]](c *Client, r request) *listReader[J, P] {
	r.method, r.most = http.MethodGet, maxList
	r.query = maps.Clone(r.query)
	if r.query == nil {
		r.query = url.Values{}
	}
	r.query.Set("per_page", strconv.Itoa(perPage))
	return &listReader[J, P]{client: c, request: r}
}

// read returns the items of a page and the number of the next page to read, 0
// after the last page.
func (r *listReader[J, P]) read(ctx context.Context, page int) (items []J, next int, err error) {
	r.request.query.Set("page", strconv.Itoa(page))
	err = r.client.get(ctx, r.request, func(resp *http.Response, body io.Reader) error {
		if items, err = decodeList[J, P](body); err != nil {
			return err
		}
		if next = r.pageToRepeat(resp.Header, page); next > 0 {
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
		next, err = nextPage(resp.Header, page, len(items), r.seen)
		return err
	})
	return items, next, err
}

// pageToRepeat returns the page to go back to because Total has shrunk, or 0.
func (r *listReader[J, P]) pageToRepeat(h http.Header, page int) int {
	now, known := headerCount(h, "Total")
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

// pageSize returns the number of items on a full page.
func pageSize(h http.Header) int {
	if n, ok := headerCount(h, "Per-Page"); ok && n > 0 {
		return n
	}
	return perPage
}

// nextPage returns the number of the page after this page, or 0 after the last.
// Another page follows if the Link header or Total says so: a missed person is
// created twice, while a page too many costs one request. Without both headers,
// another page follows a full page. A list that makes no progress is an error.
func nextPage(h http.Header, page, items int, seen int64) (int, error) {
	links := strings.Join(h.Values("Link"), ",")
	if target, ok := nextLink(links); ok {
		if items == 0 {
			return 0, fmt.Errorf("page %d of the list is empty, but a next page is announced", page)
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
	total, known := headerCount(h, "Total")
	switch {
	case known && seen < int64(total):
		return page + 1, nil
	case !known && strings.TrimSpace(links) == "" && items >= pageSize(h):
		return page + 1, nil
	}
	return 0, nil
}

var (
	linkValue = regexp.MustCompile(`<([^<>]*)>([^<]*)`)
	relNext   = regexp.MustCompile(`(?i)[;,]\s*rel\s*=\s*(?:next|"(?:[^"]*\s)?next(?:\s[^"]*)?")\s*(?:[;,]|$)`)
)

// nextLink returns the target of rel="next" in a Link header (RFC 8288), if any.
// Pagination links have no "<" or ">" inside quotes.
func nextLink(links string) (string, bool) {
	for _, link := range linkValue.FindAllStringSubmatch(links, -1) {
		if relNext.MatchString(link[2]) {
			return link[1], true
		}
	}
	return "", false
}
