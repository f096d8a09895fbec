package simulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// common holds the fields of every view.
type common struct {
	ID                   int64           `json:"id"`
	FirstName            *string         `json:"first_name"`
	LastName             *string         `json:"last_name"`
	IsEmployee           bool            `json:"is_employee"`
	UserID               *int64          `json:"user_id"`
	UserUUID             *string         `json:"user_uuid"`
	WorkClassificationID *int64          `json:"work_classification_id"`
	OriginID             json.RawMessage `json:"origin_id"`
}

type contact struct {
	ID       int64   `json:"id"`
	IsActive bool    `json:"is_active"`
	Email    *string `json:"email"`
}

type normalView struct {
	common
	EmployeeID *string `json:"employee_id"`
	Contact    contact `json:"contact"`
}

type idName struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type extendedView struct {
	normalView
	WorkClassification *idName `json:"work_classification"`
	Vendor             *idName `json:"vendor"`
}

// address holds phones and a postal address. Requests set none, so all are null.
type address struct {
	BusinessPhone *string `json:"business_phone"`
	MobilePhone   *string `json:"mobile_phone"`
	FaxNumber     *string `json:"fax_number"`
	Address       *string `json:"address"`
	City          *string `json:"city"`
	StateCode     *string `json:"state_code"`
	Zip           *string `json:"zip"`
}

type webView struct {
	common
	address
	JobTitle      *string `json:"job_title"`
	ReferenceUser bool    `json:"reference_user"`
	Email         *string `json:"email"`
	CreatedAt     string  `json:"created_at"`
	UpdatedAt     string  `json:"updated_at"`
	Connected     bool    `json:"connected"`
}

// view returns p in the requested view, or in the normal view if the requested is
// unknown. It takes no lock, since some callers hold the lock.
func (s *Server) view(c *call, p Person) any {
	base := common{
		ID:                   p.ID,
		FirstName:            orNull(p.FirstName),
		LastName:             orNull(p.LastName),
		IsEmployee:           p.IsEmployee,
		UserID:               orNull(p.UserID),
		WorkClassificationID: orNull(p.WorkClassificationID),
		OriginID:             s.originID(p.OriginID),
	}
	if p.UserID != 0 {
		base.UserUUID = orNull(fmt.Sprintf("00000000-0000-4000-8000-%012x", p.UserID&(1<<48-1)))
	}
	normal := normalView{
		common:     base,
		EmployeeID: orNull(p.EmployeeID),
		Contact:    contact{ID: p.ID + 1, IsActive: !p.Inactive, Email: orNull(p.Email)},
	}
	switch c.view {
	case "extended":
		v := extendedView{normalView: normal}
		if w := s.classification(p.WorkClassificationID); w != nil {
			v.WorkClassification = &idName{w.ID, w.Name}
		}
		return v
	case "web":
		return webView{
			common:        base,
			JobTitle:      orNull(p.JobTitle),
			ReferenceUser: p.UserID == 0,
			Email:         orNull(p.Email),
			CreatedAt:     p.Created.UTC().Format(time.RFC3339),
			UpdatedAt:     p.Updated.UTC().Format(time.RFC3339),
			Connected:     p.UserID != 0,
		}
	}
	return normal
}

// originID returns the origin_id as JSON, in the configured form.
func (s *Server) originID(id string) json.RawMessage {
	if id == "" {
		return json.RawMessage("null")
	}
	number := s.config.OriginID == OriginNumber ||
		s.config.OriginID == OriginAlternating && s.counters.origins.Add(1)%2 == 0
	if number && isWhole(id) {
		return json.RawMessage(id)
	}
	text, err := json.Marshal(id)
	if err != nil {
		return json.RawMessage("null")
	}
	return text
}

// isWhole reports whether id is a whole number in JSON syntax.
func isWhole(id string) bool {
	return id == "0" || id != "" && id[0] != '0' && strings.Trim(id, "0123456789") == ""
}

// orNull returns a pointer to value, nil for the zero value.
func orNull[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}
