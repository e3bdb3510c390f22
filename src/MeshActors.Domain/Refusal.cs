namespace MeshActors.Domain;

/// <summary>Why a command changed nothing: data for the caller, never an exception.</summary>
/// <param name="Code">One of <see cref="RefusalCodes"/>; stable, for programs.</param>
/// <param name="Message">A sentence for people: names the object, its holder and the remedy.</param>
public sealed record Refusal(string Code, string Message);

/// <summary>Every refusal code that a user can meet. They are part of the contract and never change meaning.</summary>
public static class RefusalCodes
{
    public const string PrefixMalformed = "prefix-malformed";
    public const string PrefixHostBits = "prefix-host-bits";
    public const string PrefixReserved = "prefix-reserved";
    public const string PrefixInPool = "prefix-in-pool";
    public const string PrefixOverlap = "prefix-overlap";
    public const string TooManyPrefixes = "too-many-prefixes";
    public const string PoolExhausted = "pool-exhausted";
    public const string AddressMalformed = "address-malformed";
    public const string AddressNotInPool = "address-not-in-pool";
    public const string AddressTaken = "address-taken";
    public const string AddressFixed = "address-fixed";
    public const string NameMalformed = "name-malformed";
    public const string TooManyNodes = "too-many-nodes";
    public const string TooManyJoinKeys = "too-many-join-keys";
    public const string TooManyTokens = "too-many-tokens";
    public const string TooManyOrganizations = "too-many-organizations";
    public const string OrganizationExists = "organization-exists";
    public const string OrganizationUnknown = "organization-unknown";
    public const string OrganizationMismatch = "organization-mismatch";
    public const string OrganizationMoved = "organization-moved";
    public const string RegionUnknown = "region-unknown";
    public const string NodeUnknown = "node-unknown";
    public const string NodeAmbiguous = "node-ambiguous";
    public const string NodeRemoved = "node-removed";
    public const string KeyInUse = "key-in-use";
    public const string JoinKeyInvalid = "join-key-invalid";
    public const string JoinKeyExpired = "join-key-expired";
    public const string JoinKeyRevoked = "join-key-revoked";
    public const string JoinKeyUsed = "join-key-used";
    public const string JoinKeyUnknown = "join-key-unknown";
    public const string JoinProofInvalid = "join-proof-invalid";
    public const string CredentialInvalid = "credential-invalid";
    public const string TokenInvalid = "token-invalid";
    public const string TokenUnknown = "token-unknown";
    public const string NotAllowed = "not-allowed";
    public const string RequestMalformed = "request-malformed";
    public const string JournalGap = "journal-gap";
    public const string JournalChain = "journal-chain";
    public const string JournalRow = "journal-row";
    public const string JournalContradiction = "journal-contradiction";
    public const string ExportDamaged = "export-damaged";
    public const string ExportIncomplete = "export-incomplete";
    public const string ImportDiffers = "import-differs";
    public const string ImportUnfinished = "import-unfinished";
    public const string Overloaded = "overloaded";
    public const string Unavailable = "unavailable";
}
