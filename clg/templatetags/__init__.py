"""Tags of the ground floor's templates."""
