namespace MeshActors.Domain;

/// <summary>The numbers that bound what one organization holds and one request carries. Passing one is a refusal that says so.</summary>
public static class Limits
{
    /// <summary>In the map at once: a whole map stays near 1 MB, and one peer each fits an agent's kernel.</summary>
    public const int NodesMax = 10_000;

    /// <summary>Ever joined, removed ones included: what they hold stays reserved, and memory has to carry it.</summary>
    public const int NodesEverMax = 100_000;

    /// <summary>Child prefixes that one node holds: each is a route and an AllowedIP on every other node.</summary>
    public const int PrefixesPerNodeMax = 64;

    /// <summary>Join keys ever made: a single-use key for each node, twice.</summary>
    public const int JoinKeysMax = 20_000;

    /// <summary>Tokens ever made: each is compared on every call of an operator.</summary>
    public const int TokensMax = 1_000;

    /// <summary>Endpoint candidates of one node: a dual-stack machine on three networks, and what the gateway saw.</summary>
    public const int EndpointsPerNodeMax = 8;

    /// <summary>Characters of a node's name: a DNS label's length (RFC 1035), so that it can become one.</summary>
    public const int NameLengthMax = 63;

    /// <summary>Characters of a description or a token's name.</summary>
    public const int DescriptionLengthMax = 200;

    /// <summary>Characters of a request id.</summary>
    public const int RequestIdLengthMax = 64;

    /// <summary>Seconds from one stored endpoint change of a node to the next, so that a flapping link does not fill the journal.</summary>
    public const int EndpointChangeSecondsMin = 5;
}
