package importer

import (
	"muster/importer/procore"
	"muster/mapping"
)

// draft returns the request body that creates a person of the roster.
func draft(p *mapping.Person) procore.Draft {
	return procore.Draft{
		FirstName:            p.FirstName,
		LastName:             p.LastName,
		JobTitle:             p.JobTitle,
		EmployeeID:           p.EmployeeID,
		OriginID:             p.OriginID,
		IsEmployee:           p.IsEmployee,
		WorkClassificationID: p.WorkClassificationID,
	}
}
