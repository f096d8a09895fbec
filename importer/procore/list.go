package procore

import (
	"context"
	"errors"
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

const (
	mostPerPage  = 2000 // the most that Procore recommends
	leastPerPage = 100
	// mostPasses is how often a list is read from the first page, as long as no
	// pass proves that the list is complete.
	mostPasses = 2
)

// CodeIncomplete is the code of a list without a proof of completeness.
const CodeIncomplete = "listing_incomplete"

// readList yields each item of a list once, converted. The sequence ends after an
// error, an *Error: the list is then incomplete.
func readList[J any, P object[J], T any](ctx context.Context, c *Client, r request, convert func(P) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		reader := newListReader[J, P](c, r)
		for !reader.complete {
			items, err := reader.read(ctx)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for i := range items {
				if !yield(convert(P(&items[i])), nil) {
					return
				}
			}
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

// listReader reads the pages of a list that may change meanwhile, until the server
// has proved that no item is missing. A missed person is created twice, while a page
// too many costs one request.
//
// The proof is a Total that was reached by as many different items, or a further
// page that is empty, unless Total says more. A short page, Per-Page, Total: 0, a
// Link header without a next page, or a page of known items proves nothing: servers
// cap pages, ignore page, or send no headers.
//
// A person added to the list moves others to a later page, where they appear again.
// A person removed from the list moves others to an earlier page, which was read
// already: if Total shrinks, listReader goes back to that page. If nothing is proved
// in the end, listReader reads the list again and keeps the items found so far.
type listReader[J any, P object[J]] struct {
	client   *Client
	request  request
	page     int // to read next, from 1
	reached  int // the last page that was read
	passes   int
	found    map[int64]bool // all different items
	total    int            // by the latest page; -1: not known
	removed  int            // how much Total has shrunk: so many of found may be gone
	largest  int            // items on the largest page
	idle     bool           // the page before brought only known items
	complete bool           // proved
	unproved bool           // every pass ended without a proof
}

func newListReader[J any, P object[J]](c *Client, r request) *listReader[J, P] {
	r.method, r.maxBytes = http.MethodGet, maxList
	r.query = maps.Clone(r.query)
	if r.query == nil {
		r.query = url.Values{}
	}
	return &listReader[J, P]{client: c, request: r, page: 1, passes: 1, found: map[int64]bool{}, total: -1}
}

// read reads the next page and returns the items that are new.
func (r *listReader[J, P]) read(ctx context.Context) ([]J, error) {
	for {
		size := int(r.client.pageSize.Load())
		r.request.query.Set("page", strconv.Itoa(r.page))
		r.request.query.Set("per_page", strconv.Itoa(size))
		r.request.fragile = size > leastPerPage
		var fresh []J
		err := r.client.get(ctx, r.request, func(resp *http.Response, body io.Reader) error {
			items, err := decodeList[J, P](body)
			if err != nil {
				return err
			}
			fresh, err = r.take(resp.Header, items)
			return err
		})
		if err == nil && r.unproved {
			return nil, r.incomplete()
		}
		var e *Error
		if !r.request.fragile || !errors.As(err, &e) || !e.wantsSmallerPages() {
			return fresh, err
		}
		r.client.halvePages(size, e)
		r.page, r.reached = 1, 2*r.reached // in pages of half the size
	}
}

// take returns the new items of a page and decides which page is next.
func (r *listReader[J, P]) take(h http.Header, items []J) (fresh []J, err error) {
	page := r.page
	if back := r.pageToRepeat(h, len(items)); back > 0 {
		r.page = back
		return nil, nil
	}
	for i := range items {
		if id := P(&items[i]).id(); !r.found[id] {
			r.found[id] = true
			fresh = append(fresh, items[i])
		}
	}
	r.largest = max(r.largest, len(items))
	next, linked, err := nextPage(h, page)
	if err != nil {
		return nil, err
	}
	beyond := page > r.reached
	r.reached = max(r.reached, page)
	known := len(fresh) == 0
	full := len(items) >= r.largest
	idle := r.idle
	r.idle = known && beyond
	switch {
	case !linked && r.total > 0 && len(r.found) >= r.total+r.removed:
		r.complete = true
	case !linked && len(items) == 0 && len(r.found) >= r.total:
		r.complete = true
	case r.request.lookup && (r.idle || len(items) == 0):
		r.complete = true
	case len(items) == 0, r.idle && (full || idle): // the last page, without a proof
		r.unproved = r.passes == mostPasses
		r.passes++
		r.page, r.idle = 1, false
	default:
		r.page = next
	}
	return fresh, nil
}

// incomplete returns the error of a list without a proof of completeness.
func (r *listReader[J, P]) incomplete() *Error {
	items := strings.TrimPrefix(r.request.op, "list ")
	missing := "no page of the list proves that there are no more"
	if r.total > len(r.found) {
		missing = fmt.Sprintf("Procore says that there are %d", r.total)
	}
	return r.request.complete(&Error{
		Kind: Malformed, Effect: DidNotHappen, Code: CodeIncomplete, permanent: true,
		Message: fmt.Sprintf("Procore's list of %s is incomplete: it holds %d, and %s", items, len(r.found), missing),
		Hint:    "Run the same command again later; if this error stays, send the message to Procore's support. muster creates no person while a person may be missing in the list.",
	})
}

// pageToRepeat returns the page to go back to because Total has shrunk, or 0.
func (r *listReader[J, P]) pageToRepeat(h http.Header, items int) int {
	now, known := headerCount(h, "Total")
	if !known {
		return 0
	}
	gone := r.total - now
	r.total = now
	if r.page == 1 || gone <= 0 {
		return 0
	}
	r.removed += gone
	size := max(r.largest, items, 1)
	return max(r.page-(gone+size-1)/size, 1)
}

// nextPage returns the page after this page, and whether the Link header announces
// the next page.
func nextPage(h http.Header, page int) (next int, linked bool, err error) {
	target, linked := nextLink(strings.Join(h.Values("Link"), ","))
	if !linked {
		return page + 1, false, nil
	}
	next = page + 1
	if u, err := url.Parse(target); err == nil && u.Query().Has("page") {
		if next, err = strconv.Atoi(u.Query().Get("page")); err != nil || next <= page {
			return 0, true, fmt.Errorf("the page after page %d of the list is not a later one", page)
		}
	}
	return next, true, nil
}

// halvePages halves the pages of all lists, unless another list has done so meanwhile.
func (c *Client) halvePages(size int, e *Error) {
	next := max(size/2, leastPerPage)
	if c.pageSize.CompareAndSwap(int64(size), int64(next)) {
		c.log.Info().Int("per_page", size).Int("status", e.Status).Str("code", e.Code).Int("next", next).
			Msg("Procore did not give a page of this size: reading smaller pages, from the first one")
	}
}

// wantsSmallerPages reports whether the error may go away with fewer items on a page.
func (e *Error) wantsSmallerPages() bool {
	switch e.Status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestTimeout:
		return true
	}
	return e.Kind == Fault
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
