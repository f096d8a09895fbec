package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"muster/importer/report"
)

//go:generate sh assets/vendor.sh

//go:embed assets/*.css assets/*.js assets/vendor/*.js assets/vendor/*.css
var assetFiles embed.FS

// loadAssets returns the files that pages load, by name.
func loadAssets() (map[string][]byte, error) {
	base, err := report.BaseStyle()
	if err != nil {
		return nil, err
	}
	style, err := assetFiles.ReadFile("assets/page.css")
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"page.css": append([]byte(base), style...)}
	for _, folder := range []string{"assets", "assets/vendor"} {
		entries, err := assetFiles.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if entry.IsDir() || entry.Name() == "page.css" {
				continue
			}
			if files[entry.Name()], err = assetFiles.ReadFile(folder + "/" + entry.Name()); err != nil {
				return nil, err
			}
		}
	}
	return files, nil
}

// assetRoutes serves the files. Their tags spare the browser a second transfer.
func (s *Server) assetRoutes(mux *http.ServeMux) {
	s.handle(mux, "GET /assets/{name}", func(w http.ResponseWriter, r *http.Request) error {
		name := r.PathValue("name")
		content, ok := s.assets[name]
		if !ok {
			return notFoundError{"the file"}
		}
		sum := sha256.Sum256(content)
		w.Header().Set("Etag", fmt.Sprintf("%q", hex.EncodeToString(sum[:8])))
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
		return nil
	})
}
