using System.Diagnostics.CodeAnalysis;

namespace MeshActors.Domain;

/// <summary>
/// An organization's id is its name: 1 to 40 of <c>a-z 0-9 -</c>, beginning and ending with a letter or digit; followed by
/// <c>@REGION</c> where it was made in a region. It never changes and is never used again, since the organization's
/// journal carries it.
/// </summary>
/// <remarks>The region is that of its birth. It is at home there until an operator moves it; its id stays.</remarks>
public readonly record struct OrganizationId : IComparable<OrganizationId>
{
    /// <summary>Characters of the name.</summary>
    public const int LengthMax = 40;

    /// <summary>Characters of the whole text.</summary>
    public const int TextLengthMax = LengthMax + 1 + RegionName.LengthMax;

    /// <summary>Neither in a name nor in a region; secrets' texts have dots between their parts.</summary>
    private const char Separator = '@';

    /// <summary>The organization that a new controller starts with.</summary>
    public static readonly OrganizationId Default = new("default");

    private OrganizationId(string value) => Value = value;

    public string Value => field ?? "";

    /// <summary>Without the region.</summary>
    public string Name => Value.IndexOf(Separator) is >= 0 and var at ? Value[..at] : Value;

    /// <summary>Null for one of a deployment without regions.</summary>
    public RegionName? Region => Value.IndexOf(Separator) is >= 0 and var at ? RegionName.Parse(Value[(at + 1)..]) : null;

    public static bool TryParse([NotNullWhen(true)] string? text, out OrganizationId id)
    {
        id = default;
        var at = text?.IndexOf(Separator) ?? -1;
        var isGood = at < 0
            ? Slug.IsOne(text, LengthMax)
            : Slug.IsOne(text![..at], LengthMax) && Slug.IsOne(text[(at + 1)..], RegionName.LengthMax);
        if (isGood)
        {
            id = new OrganizationId(text!);
        }

        return isGood;
    }

    /// <exception cref="FormatException">The text is no organization id.</exception>
    public static OrganizationId Parse(string text) => TryParse(text, out var id)
        ? id
        : throw new FormatException(
            $"'{text}' is no organization name: use 1 to {LengthMax} of a-z, 0-9 and '-', not beginning or ending with '-'; '@REGION' may follow.");

    /// <summary>The same with the region, unless it has one or there is none.</summary>
    public OrganizationId In(RegionName? region) => region is { } r && Region is null ? new($"{Value}{Separator}{r}") : this;

    /// <summary>
    /// Whether a person who says this means it. The bare name will do: an agent that says <c>--org default</c> is served
    /// by gateways of any region.
    /// </summary>
    public bool IsCalled(string text) => text == Value || text == Name;

    public int CompareTo(OrganizationId other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}

/// <summary>A region: one cluster of controllers and one database. 1 to 20 of <c>a-z 0-9 -</c>, as organizations' names.</summary>
public readonly record struct RegionName : IComparable<RegionName>
{
    public const int LengthMax = 20;

    private RegionName(string value) => Value = value;

    public string Value => field ?? "";

    public static bool TryParse([NotNullWhen(true)] string? text, out RegionName name)
    {
        var isGood = Slug.IsOne(text, LengthMax);
        name = isGood ? new RegionName(text!) : default;
        return isGood;
    }

    /// <exception cref="FormatException">The text is no region's name.</exception>
    public static RegionName Parse(string text) => TryParse(text, out var name)
        ? name
        : throw new FormatException($"'{text}' is no region's name: use 1 to {LengthMax} of a-z, 0-9 and '-', not beginning or ending with '-'.");

    public int CompareTo(RegionName other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}

internal static class Slug
{
    public static bool IsOne([NotNullWhen(true)] string? text, int lengthMax) =>
        text is { Length: > 0 } && text.Length <= lengthMax
        && text[0] != '-' && text[^1] != '-'
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
