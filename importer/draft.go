package importer

import (
	"muster/importer/procore"
	"muster/mapping"
)

// draft copies what the roster says of a person into what Procore is asked to
// create.
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
